// The seeded simulation of the whole core.
