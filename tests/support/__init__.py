"""What the tests need around the product: servers on free ports, fresh databases, a clock that moves."""
