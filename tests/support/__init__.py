"""Script support of the tests that drive whole programs: servers, clients and text cases. Standard library only,
but for the DKIM check."""
