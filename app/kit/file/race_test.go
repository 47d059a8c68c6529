//go:build race

package file_test

// Under the race detector a point takes ten times as long: a picture of 10 megapixels.
const largeWidth, largeHeight = 3850, 2600
