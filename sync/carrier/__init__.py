"""Ways a bundle travels: http, folder, memory."""
