// Package staff knows the people who work at a site and the screens that work for them: roles, sign-in, sessions,
// paired devices.
package staff

import "lobby/app/kit/actor"

// What somebody may do. Which role may do what is data: roles.csv.
const (
	RegisterVisit  actor.Permission = "visit.register"
	ViewVisits     actor.Permission = "visit.view"
	EndVisit       actor.Permission = "visit.end"
	RegisterTicket actor.Permission = "ticket.register" // everybody has it (ORG-3)
	ViewTickets    actor.Permission = "ticket.view"
	WorkTickets    actor.Permission = "ticket.work" // take, resolve, reopen
	CloseTickets   actor.Permission = "ticket.close"

	PrioritiseTickets actor.Permission = "ticket.prioritise" // set urgency and type (supervisor, manager)

	ViewWall      actor.Permission = "wall.view"
	ViewDisplay   actor.Permission = "display.view"
	ViewReports   actor.Permission = "report.view"
	ManageStaff   actor.Permission = "staff.manage"
	ManageDevices actor.Permission = "device.manage"
	VerifyAudit   actor.Permission = "audit.verify"
	ManageSite    actor.Permission = "site.manage"
	ManageDuty    actor.Permission = "duty.manage" // who is on, who is away, who stands in
)

// Permissions lists all of them, for the matrix and for the command line.
var Permissions = []actor.Permission{
	RegisterVisit, ViewVisits, EndVisit, RegisterTicket, ViewTickets, WorkTickets, CloseTickets, PrioritiseTickets, ViewWall, ViewDisplay,
	ViewReports, ManageStaff, ManageDevices, VerifyAudit, ManageSite, ManageDuty, actor.Reveal,
}
