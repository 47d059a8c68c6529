package db

import "strings"

var wildcards = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// Like takes the meaning of wildcards from what somebody typed, for a pattern of LIKE.
func Like(typed string) string { return wildcards.Replace(typed) }
