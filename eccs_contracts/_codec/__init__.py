"""What generated code is made of: Avro binary, constraints and the plain JSON form."""
