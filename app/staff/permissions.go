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
	WorkTickets    actor.Permission = "ticket.work" // answer, offer, wait, resolve
	CloseTickets   actor.Permission = "ticket.close"

	AcceptTickets     actor.Permission = "ticket.accept"     // have it in mind: the alarm ends (HELP-3)
	ClassifyTickets   actor.Permission = "ticket.classify"   // say what a ticket is, and handle it directly
	DispatchTickets   actor.Permission = "ticket.dispatch"   // send orders to departments, take their results
	ReassignTickets   actor.Permission = "ticket.reassign"   // give it to somebody else, classify it anew while it is in hand
	TakeOverTickets   actor.Permission = "ticket.take_over"  // take what was escalated to them (ESC-5): anybody can be on the duty list
	InvalidateTickets actor.Permission = "ticket.invalidate" // confirm that it is invalid (COMPLAINT-1)
	UnsolvableTickets actor.Permission = "ticket.unsolvable" // end what can't be solved (ESC-3)
	VerifyTickets     actor.Permission = "ticket.verify"     // whoever may note that a customer confirmed (TICKET-5)
	CallBack          actor.Permission = "callback.do"       // customer service: verify, call back, open again
	WorkOrders        actor.Permission = "order.work"        // for members of the order's department
	ManageDepartments actor.Permission = "department.manage" // departments, their heads and members

	ViewWall       actor.Permission = "wall.view"
	ViewDisplay    actor.Permission = "display.view"
	ViewReports    actor.Permission = "report.view"
	ViewRegisters  actor.Permission = "register.view" // the registers that the desk keeps, masked; to print, and as files
	ManageStaff    actor.Permission = "staff.manage"
	ManageDevices  actor.Permission = "device.manage"
	VerifyAudit    actor.Permission = "audit.verify"
	ManageSite     actor.Permission = "site.manage"
	ManageRules    actor.Permission = "rules.manage"    // policy of limits, hours, calendar
	ManageGrades   actor.Permission = "grades.manage"   // who may run which case (ORG-4)
	ReviewDay      actor.Permission = "review.day"      // the day's records, and what was not solved
	ReviewWeek     actor.Permission = "review.week"     // the past week, the month's report
	WriteKnowledge actor.Permission = "knowledge.write" // cases made from tickets
	ManageDuty     actor.Permission = "duty.manage"     // who is on, who is away, who stands in
	ViewPlaces     actor.Permission = "place.view"      // zones, buildings, households; never a visitor (VISIT-2)
)

// Permissions lists all of them, for the matrix and for the command line.
var Permissions = []actor.Permission{
	RegisterVisit, ViewVisits, EndVisit, RegisterTicket, ViewTickets, WorkTickets, CloseTickets, AcceptTickets, ClassifyTickets,
	DispatchTickets, ReassignTickets, TakeOverTickets, InvalidateTickets, UnsolvableTickets, VerifyTickets, CallBack, WorkOrders, ManageDepartments, ViewWall, ViewDisplay,
	ViewReports, ViewRegisters, ManageStaff, ManageDevices, VerifyAudit, ManageSite, ManageDuty, ManageRules, ManageGrades, ReviewDay,
	ReviewWeek, WriteKnowledge, ViewPlaces, actor.Reveal,
}
