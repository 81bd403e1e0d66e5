"""The shared base of all apps. It imports none of them."""
