//go:build !race

package limit_test

// shards of a hundred cases: 10,000, in two seconds.
const shards = 100
