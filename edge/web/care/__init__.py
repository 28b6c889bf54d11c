"""The pages of care: for carers, for relatives, and somebody's own."""
