package staff

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"

	"lobby/app/kit/actor"
)

// Role is one of the handbook's roles (People), per site.
type Role string

// The roles, in the handbook's order.
const (
	Receptionist       Role = "receptionist"
	Agent              Role = "agent"
	Supervisor         Role = "supervisor"
	Manager            Role = "manager"
	OperationsManager  Role = "operations_manager"
	DepartmentHead     Role = "department_head"
	Technician         Role = "technician"
	Guard              Role = "guard"
	SecuritySupervisor Role = "security_supervisor"
	Cashier            Role = "cashier"
	Admin              Role = "admin" // sites, staff, devices; no right to customers' data by that alone
)

// Roles lists all of them.
var Roles = []Role{Receptionist, Agent, Supervisor, Manager, OperationsManager, DepartmentHead, Technician, Guard,
	SecuritySupervisor, Cashier, Admin}

//go:embed roles.csv
var rolesFile string

// matrix is which role may do what, as the file says.
var matrix = mustParse(rolesFile)

func mustParse(file string) map[Role][]actor.Permission {
	m, err := parseRoles(file)
	if err != nil {
		panic("staff: roles.csv: " + err.Error()) // the binary itself is wrong
	}
	return m
}

// parseRoles reads the matrix: permissions down, roles across, an x where a role has a permission. A role or permission
// that the program doesn't know, or one that is missing, is an error.
func parseRoles(file string) (map[Role][]actor.Permission, error) {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows[0]) != len(Roles)+1 {
		return nil, fmt.Errorf("the head must name %d roles", len(Roles))
	}
	roles := rows[0][1:]
	for i, r := range roles {
		if !slices.Contains(Roles, Role(r)) || slices.Contains(roles[:i], r) {
			return nil, fmt.Errorf("role %q is unknown or stands twice", r)
		}
	}
	m := map[Role][]actor.Permission{}
	var seen []actor.Permission
	for _, row := range rows[1:] {
		p := actor.Permission(row[0])
		if !slices.Contains(Permissions, p) || slices.Contains(seen, p) {
			return nil, fmt.Errorf("permission %q is unknown or stands twice", p)
		}
		seen = append(seen, p)
		for i, mark := range row[1:] {
			switch mark {
			case "x":
				m[Role(roles[i])] = append(m[Role(roles[i])], p)
			case "":
			default:
				return nil, fmt.Errorf("%s, %s: %q is neither x nor empty", p, roles[i], mark)
			}
		}
	}
	for _, p := range Permissions {
		if !slices.Contains(seen, p) {
			return nil, fmt.Errorf("permission %q is missing", p)
		}
	}
	return m, nil
}

// May is what somebody with these roles may do.
func May(roles ...Role) map[actor.Permission]bool {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return may(names)
}

// may joins what roles may do.
func may(roles []string) map[actor.Permission]bool {
	can := map[actor.Permission]bool{}
	for _, r := range roles {
		for _, p := range matrix[Role(r)] {
			can[p] = true
		}
	}
	return can
}

// screenMay is what a paired device of a kind may do, and nothing else.
var screenMay = map[string]map[actor.Permission]bool{
	"kiosk":   {RegisterVisit: true, RegisterTicket: true},
	"display": {ViewDisplay: true},
	"wall":    {ViewWall: true},
}

// ScreenPermission is what a member of staff needs to look at a kind of screen without a paired device.
var ScreenPermission = map[string]actor.Permission{"wall": ViewWall, "display": ViewDisplay}
