"""The worker: scheduled jobs over the stores."""
