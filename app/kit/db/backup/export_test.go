package backup

import "io"

// Target is a file as it is written.
type Target = target

// SaveWith is Save with another way to open the file.
func SaveWith(name string, write func(io.Writer) error, open func(string) (Target, error)) error {
	return save(name, write, open)
}
