"""The demo: a village and a county on this machine, made of the parts the Pi runs."""
