"""What foreign bytes and texts meet, tried with whatever comes up."""
