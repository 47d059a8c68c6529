package ticket

import "strconv"

func departmentValue(o Order) string { return strconv.FormatInt(o.Department, 10) }

// orderColour is the badge of an order's state; the word alone carries the meaning.
func orderColour(state string) string {
	switch state {
	case "rejected":
		return "bad"
	case "done":
		return "warn"
	case "fed_back":
		return "good"
	}
	return "plain"
}
