"""The store: one of the ecosystem's own services, where a customer fills a basket."""
