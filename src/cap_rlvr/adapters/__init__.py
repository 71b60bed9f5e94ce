"""The one scorer in other libraries' dress."""
