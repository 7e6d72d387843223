"""Who decides: the model server, the loop, and every face."""
