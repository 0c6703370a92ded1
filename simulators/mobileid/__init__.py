"""MegaFon Mobile ID, server-initiated, in the profile of Mobile Connect that Russian operators share."""
