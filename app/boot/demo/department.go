package demo

import (
	"context"
	"maps"
	"slices"

	"lobby/app/ticket"
)

// department is one that orders go to, with its people by login.
type department struct {
	Name    string   `json:"name"`
	Head    string   `json:"head"`
	Members []string `json:"members"`
}

// worker is somebody of the department who does the work.
func (p department) worker(d dice) string {
	if len(p.Members) == 0 {
		return p.Head
	}
	return pick(d, p.Members)
}

// makeDepartments sets the departments up, unless an earlier load did.
func (w *world) makeDepartments(ctx context.Context) error {
	service := w.tickets(w.now)
	known, err := service.Departments(ctx)
	if err != nil {
		return err
	}
	w.departments = map[string]int64{}
	for _, d := range known {
		w.departments[d.Code] = d.ID
	}
	for _, code := range slices.Sorted(maps.Keys(data().Departments)) {
		d := data().Departments[code]
		if w.departments[code] != 0 {
			continue
		}
		in := ticket.SaveDepartment{Code: code, Name: d.Name, Head: w.people[d.Head].ID}
		for _, login := range d.Members {
			in.Members = append(in.Members, w.people[login].ID)
		}
		if w.departments[code], err = service.SaveDepartment(ctx, in); err != nil {
			return err
		}
	}
	return nil
}
