"""Public intent sets -> how well topics are named, beside published results."""
