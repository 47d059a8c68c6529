package staff

import (
	"slices"
	"strings"
	"testing"

	"lobby/app/kit/actor"
)

func TestRolesMatrix(t *testing.T) {
	t.Parallel()
	m, err := parseRoles(rolesFile)
	if err != nil {
		t.Fatal(err)
	}
	can := func(r Role, p actor.Permission) bool { return slices.Contains(m[r], p) }
	t.Run("ORG-3 whoever is told of a problem, in any role, may record it", func(t *testing.T) {
		for _, r := range Roles {
			if !can(r, RegisterTicket) {
				t.Errorf("%s may not register a ticket", r)
			}
		}
	})
	t.Run("authority is graded: who may do more may do the lesser too", func(t *testing.T) {
		for _, p := range Permissions {
			if can(Receptionist, p) && !can(Agent, p) || can(Agent, p) && !can(Supervisor, p) || can(Supervisor, p) && !can(Manager, p) {
				t.Errorf("%s is lost on the way up", p)
			}
		}
	})
	t.Run("PRIVACY-2 an administrator has no right to customers' data by that alone", func(t *testing.T) {
		for _, p := range []actor.Permission{ViewVisits, RegisterVisit, ViewTickets, ViewWall, ViewReports, actor.Reveal} {
			if can(Admin, p) {
				t.Errorf("admin may %s", p)
			}
		}
	})
	t.Run("PRIVACY-2 a screen opens nothing and does nothing but its own", func(t *testing.T) {
		for kind, may := range screenMay {
			for _, p := range []actor.Permission{actor.Reveal, ViewVisits, ViewTickets, WorkTickets, ManageStaff, ViewReports} {
				if may[p] {
					t.Errorf("a %s may %s", kind, p)
				}
			}
		}
	})
	for name, broken := range map[string]string{
		"an unknown permission": strings.Replace(rolesFile, "visit.view", "visit.peek", 1),
		"a missing permission":  strings.Replace(rolesFile, "site.manage,,,,,,,,,,,x\n", "", 1),
		"an unknown role":       strings.Replace(rolesFile, "guard", "gard", 1),
		"a role twice":          strings.Replace(rolesFile, "guard", "admin", 1),
		"a strange mark":        strings.Replace(rolesFile, ",x\n", ",y\n", 1),
		"an empty file":         "",
	} {
		if _, err := parseRoles(broken); err == nil {
			t.Errorf("%s went unnoticed", name)
		}
	}
}
