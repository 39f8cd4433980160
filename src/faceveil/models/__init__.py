"""The networks that are trained here: mask generators and projectors."""
