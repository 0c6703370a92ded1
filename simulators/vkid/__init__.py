"""VK ID as its SDKs speak to it: OAuth 2.1 with `device_id`, an echo of `state`, and errors told by a member `error`."""
