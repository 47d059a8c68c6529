//go:build !race

package file_test

// A picture of 40 megapixels.
const largeWidth, largeHeight = 7700, 5200
