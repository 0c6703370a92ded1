"""The social network: one of the ecosystem's own services. Whoever is signed in at MostID is in at once."""
