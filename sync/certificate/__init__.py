"""The hall's certificate: asked for on the hub's stream, brought on the county's."""
