"""Who may what: roles, ways to sign in, visits, lockout. No Flask: pages are `edge.web`'s."""
