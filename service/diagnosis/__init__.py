"""What a machine and a folder of models are good for, told in plain words."""
