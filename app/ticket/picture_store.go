package ticket

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"lobby/app/kit/file"
)

func pictureRows(db bun.IDB, model any, site int64) *bun.SelectQuery {
	return db.NewSelect().Model(model).ColumnExpr("?TableColumns").ColumnExpr("p.name as by_name, f.width, f.height").
		Join("join files as f on f.id = x.file_id").
		Join("left join staff as p on p.id = x.by_id").
		Where("x.site_id = ?", site)
}

// picturesOf are the pictures of a ticket and of its orders, in the order in which they came.
func picturesOf(ctx context.Context, db bun.IDB, site, ticket int64) (list []Picture, err error) {
	err = pictureRows(db, &list, site).Where("x.ticket_id = ?", ticket).OrderExpr("x.id").Scan(ctx)
	return list, err
}

func getPicture(ctx context.Context, db bun.IDB, site, id int64) (*Picture, error) {
	p := new(Picture)
	return p, pictureRows(db, p, site).Where("x.id = ?", id).Scan(ctx)
}

// insertPicture keeps the picture and hangs it on what it is of.
func insertPicture(ctx context.Context, tx bun.IDB, p *Picture, came *file.Picture) error {
	if err := file.Save(ctx, tx, p.SiteID, p.At, came); err != nil {
		return err
	}
	p.FileID, p.Sum = came.ID, came.Sum
	_, err := tx.NewInsert().Model(p).Returning("id").Exec(ctx)
	return err
}

// deleteFiles takes pictures away, by their files: what hangs on those goes with them.
func deleteFiles(ctx context.Context, tx bun.IDB, where string, args ...any) error {
	_, err := tx.NewDelete().Model((*file.Picture)(nil)).Where("id in (select file_id from pictures where "+where+")", args...).Exec(ctx)
	return err
}

// signedSince tells whether a customer has signed an order of the ticket since it was last opened again (TICKET-5).
func signedSince(ctx context.Context, db bun.IDB, ticket int64) (signed bool, err error) {
	err = db.NewRaw(`select exists (select from pictures x where x.ticket_id = ?0 and x.stage = 'signature'
		and x.at > coalesce((select max(s.at) from ticket_steps s where s.ticket_id = ?0 and s.verb = 'reopen'), '-infinity'))`, ticket).Scan(ctx, &signed)
	return signed, err
}

// sign keeps the customer's signature on an order.
func sign(ctx context.Context, tx bun.IDB, o *ServiceOrder, came *file.Picture, by int64, at time.Time) error {
	if came == nil {
		return nil
	}
	return insertPicture(ctx, tx, &Picture{SiteID: o.SiteID, TicketID: o.TicketID, OrderID: o.ID, Stage: Signed, ByID: by, At: at}, came)
}
