"""Mail.ru as "OAuth Mail" speaks it: OAuth 2.0 with a profile address, no ID token, errors in answers of status 200."""
