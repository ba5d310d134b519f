"""What one hostile client costs everybody else."""
