"""What generated code needs at run time.

A generated codec is two things. Straight-line functions read and write what is common, built on `tables` and
`varint`. Whatever they stumble over (a rare value, wrong types, damaged bytes) goes to the plan of the
record, a tree of `AvroType`s that is slow, fully checked, and knows how to name the field. So the fast code
needs no messages, and the careful code no speed.
"""
