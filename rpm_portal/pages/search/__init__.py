"""The search in the frame: patients, devices, orders and claims of the practice."""
