package boot

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"net/url"
	"runtime"
	"strings"

	"github.com/uptrace/bun"

	"lobby/app/config"
	"lobby/app/kit/db"
	"lobby/app/kit/db/cluster"
	"lobby/app/kit/pii"
)

// Connect opens only the database, as the schema's own subcommands need it: no check of the schema, no key. done closes
// it, and stops the embedded cluster where nobody else uses it.
func Connect(ctx context.Context, cfg *config.Config) (direct *bun.DB, done func() error, err error) {
	app := prepare(cfg, Options{})
	if err := app.locate(ctx); err != nil {
		return nil, nil, errors.Join(err, app.Close())
	}
	if direct, err = db.OpenDirect(ctx, app.direct); err != nil {
		return nil, nil, errors.Join(err, app.Close())
	}
	app.atClose(direct.Close)
	return direct, app.Close, nil
}

// locate finds the database: the one of DATABASE_URL, or the embedded cluster, which is started or joined.
func (a *App) locate(ctx context.Context) error {
	if !a.Config.Embedded() {
		a.address, a.direct = a.Config.DatabaseURL, a.Config.DirectURL
		if a.address != a.direct { // a pooler may hand each statement to another session
			a.address = withParam(a.address, "prepare", "no")
		}
		return nil
	}
	c, err := cluster.Start(ctx, a.Config.Data, cluster.Options{})
	if err != nil {
		return err
	}
	a.atClose(c.Stop)
	a.Cluster, a.address, a.direct = c, c.URL(), c.URL()
	if c.Created() {
		a.Log.Info("a new database was made", "folder", c.Folder())
	}
	return nil
}

func (a *App) openDatabase(ctx context.Context) error {
	if err := a.locate(ctx); err != nil {
		return err
	}
	pool, err := db.Open(ctx, a.address)
	if err != nil {
		return err
	}
	a.atClose(pool.Close)
	a.DB = pool
	return nil
}

// checkSchema sees to it that the schema is this program's, or one that a later release has only expanded: an embedded
// cluster is migrated, a database of somebody's server only where --migrate says so.
func (a *App) checkSchema(ctx context.Context) error {
	fit, err := a.schema.Fit(ctx, a.DB)
	if err != nil {
		return err
	}
	if err := fit.Err(); err != nil && (errors.Is(err, db.ErrNewerSchema) || (!a.Config.Embedded() && !a.Config.Migrate)) {
		return err
	}
	if len(fit.Later) > 0 {
		a.Log.Warn("a later release has migrated this database; this program works with it until that one takes over", "newest here", fit.Newest, "newest there", fit.Later[len(fit.Later)-1])
	}
	if len(fit.Missing) == 0 {
		return nil
	}
	direct, err := db.OpenDirect(ctx, a.direct)
	if err != nil {
		return err
	}
	names, err := a.schema.Migrate(ctx, direct)
	for _, name := range names {
		a.Log.Info("migration applied", "name", name)
	}
	return errors.Join(err, direct.Close())
}

// openVault opens the key ring with LOBBY_KEY, or with the key file of an embedded cluster, which is made once: while
// the database has no key ring yet.
func (a *App) openVault(ctx context.Context) error {
	var fresh bool
	if err := a.DB.NewRaw("select not exists (select from key_rings)").Scan(ctx, &fresh); err != nil {
		return db.Translate(err)
	}
	file := a.Config.KeyFile()
	vault, notice, staged, err := pii.Unlock(ctx, a.DB, a.Config.Key, file, fresh)
	if err != nil {
		return err
	}
	if staged { // a rewrap was cut off just before its end
		if _, err := pii.PromoteKey(file, a.Now()); err != nil {
			return err
		}
	}
	if notice != "" {
		a.Log.Warn(notice)
	}
	a.Vault = vault
	return nil
}

// turns is how many pages are made at once: two for each processor where the database has the same ones, so that one is made
// while another is read. Where it is elsewhere most of a page's time is the way there, and there is no limit (0).
func (a *App) turns() int {
	if !here(a.address) {
		return 0
	}
	return 2 * runtime.GOMAXPROCS(0)
}

// here tells whether a database's address is on this machine: a folder of sockets, or a loopback address.
func here(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	host := cmp.Or(u.Query().Get("host"), u.Hostname())
	ip, err := netip.ParseAddr(host)
	return strings.HasPrefix(host, "/") || host == "localhost" || err == nil && ip.IsLoopback()
}
