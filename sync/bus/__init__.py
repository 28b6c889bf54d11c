"""The county's vehicle: takes sealed parcels from hub to county and replies back; opens none."""
