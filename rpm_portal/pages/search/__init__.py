"""The search in the page header: patients, devices, orders and claims of the practice."""
