"""Simulators of what MostID connects to: Mail.ru, MegaFon Mobile ID, the SMS gateway, a handset and a mailbox.

One process, state in memory. They speak the real wire formats and know MostID only by its address.
"""
