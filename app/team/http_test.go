package team_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"lobby/app/kit/actor"
	"lobby/app/kit/db/dbtest"
	"lobby/app/kit/web"
	"lobby/app/kit/web/webtest"
	"lobby/app/staff"
	"lobby/app/team"
	"lobby/views/locale"
)

const password = "correct horse battery"

// cheap is a hash that costs nothing: these tests are about what comes after it.
var cheap = &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}

type office struct {
	t          *testing.T
	db         *bun.DB
	svc        *staff.Service
	here, away int64
	boss       *webtest.Client
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, db: dbtest.New(t)}
	o.svc = &staff.Service{DB: o.db, Params: cheap}
	for code, id := range map[string]*int64{"here": &o.here, "else": &o.away} {
		if err := o.db.NewRaw(`insert into sites (code, name) values (?, ?) returning id`, code, "院子 "+code).Scan(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	o.add(o.here, "boss", staff.Admin)
	login := &staff.Pages{Service: o.svc}
	app := web.New(web.Config{
		Rates: web.Rates{Off: true}, Session: o.svc.Session, Device: o.svc.Device, Sites: o.svc.Sites, SignIn: login.Login,
		Site: func(ctx context.Context, id int64) (s web.Site, err error) {
			s = web.Site{ID: id, Accent: "#0b6e5f", Zone: time.UTC}
			return s, o.db.NewRaw(`select name from sites where id = ?`, id).Scan(ctx, &s.Name)
		},
	})
	login.Routes(app)
	(&team.Pages{Staff: o.svc, Now: time.Now}).Routes(app)
	app.Get("/desk", web.Staff(), func(c *fiber.Ctx) error { return c.SendString("desk") })
	o.boss = webtest.New(t, app)
	o.boss.SignIn("boss", password)
	return o
}

func (o *office) add(site int64, login string, roles ...staff.Role) *staff.Person {
	o.t.Helper()
	p, err := o.svc.Add(actor.AsJob(o.t.Context(), "test", site), staff.Add{Login: login, Name: "员工 " + login, Password: password, Roles: roles})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func page(p *staff.Person) string { return "/staff/" + strconv.FormatInt(p.ID, 10) }

var givenPassword = regexp.MustCompile(`[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}`)

// From taking somebody in to their first sign-in with a password of their own.
func TestTakingIn(t *testing.T) {
	t.Parallel()
	o := open(t)
	_, form := o.boss.Get("/staff/new").Want(http.StatusOK).Form("main form")
	form.Set("login", "LI ming")
	form.Set("name", " ")
	wrong := o.boss.Post("/staff/new", form).Want(http.StatusUnprocessableEntity)
	for _, field := range []string{"login", "name", "role"} {
		wrong.One("#f-" + field + "-error")
	}
	if got := webtest.Attr(wrong.One("#f-login"), "value"); got != "LI ming" {
		t.Errorf("what was typed is gone: %q", got)
	}
	form.Set("login", "li.ming")
	form.Set("name", "李明")
	form["role"] = []string{"agent", "guard"}
	made := o.boss.Post("/staff/new", form).Want(http.StatusOK).WantText("李明", "li.ming")
	secret := givenPassword.FindString(webtest.Text(made.One("code.secret")))
	if secret == "" {
		t.Fatal("no password is shown")
	}
	if made.Header.Get("Cache-Control") != "no-store" {
		t.Error("the page with the password may be kept")
	}
	o.boss.Post("/staff/new", form).Want(http.StatusUnprocessableEntity) // reloading takes nobody in twice
	o.boss.Get("/staff").Want(http.StatusOK).WantText("李明", "临时密码", "客服专员").WantNo(secret)

	li := o.boss.Another()
	li.SignIn("li.ming", secret)
	li.Get("/desk").Want(http.StatusSeeOther).WantLocation("/account")
	li.Get("/staff").Want(http.StatusSeeOther).WantLocation("/account")
	account := li.Get("/account").Want(http.StatusOK)
	if len(account.All(".alert.warn")) != 1 || len(account.All("form[action=/account/password]")) != 1 {
		t.Error("the page doesn't say that the password has to be changed")
	}
	li.Post("/account/password", url.Values{"old_password": {secret}, "new_password": {secret}}).Want(http.StatusUnprocessableEntity)
	li.Post("/account/password", url.Values{"old_password": {secret}, "new_password": {"my own long sentence"}}).Want(http.StatusSeeOther).WantLocation("/desk")
	li.Get("/desk").Want(http.StatusOK)
	li.Get("/staff").Want(http.StatusForbidden)
	li.Get("/devices").Want(http.StatusForbidden)
}

// Roles are given and taken by what was ticked since the page was shown, so that two administrators at once don't undo
// each other.
func TestRolesPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	li := o.add(o.here, "li", staff.Agent)
	action, mine := o.boss.Get(page(li)).Want(http.StatusOK).Form("main form")
	_, theirs := o.boss.Get(page(li)).Want(http.StatusOK).Form("main form")
	mine["role"] = append(mine["role"], "guard")
	mine.Set("seniority.agent", "2")
	o.boss.Post(action, mine).Want(http.StatusSeeOther).WantLocation(page(li) + "?done=roles")
	theirs["role"] = append(theirs["role"], "cashier")
	theirs.Del("seniority.agent")
	o.boss.Post(action, theirs).Want(http.StatusSeeOther)
	_, now := o.boss.Get(page(li) + "?done=roles").Want(http.StatusOK).Form("main form")
	if strings.Join(now["role"], " ") != "agent guard cashier" || now.Get("seniority.agent") != "2" {
		t.Errorf("the roles are %v, seniority %q", now["role"], now.Get("seniority.agent"))
	}
	for _, junk := range []url.Values{{"role": {"king"}}, {"had": {"agent"}, "role": {"agent"}, "seniority.agent": {"9"}}, {"had": {"king"}}} {
		o.boss.Post(action, junk).Want(http.StatusUnprocessableEntity).WantNo("king\"")
	}
	o.boss.Post(action, url.Values{"had": {"agent", "guard", "cashier"}}).Want(http.StatusSeeOther).WantLocation("/staff?done=left")
	o.boss.Get(page(li)).Want(http.StatusNotFound)
	o.boss.Get("/staff").Want(http.StatusOK).WantNo("员工 li")
}

// What may not be is said on the person's page, in words.
func TestRefusedOnThePage(t *testing.T) {
	t.Parallel()
	o := open(t)
	var boss staff.Person
	if err := o.db.NewSelect().Model(&boss).Where("login = 'boss'").Scan(t.Context()); err != nil {
		t.Fatal(err)
	}
	both := o.add(o.here, "both", staff.Guard)
	far := o.add(o.away, "far", staff.Agent)
	if _, err := o.svc.Grant(actor.AsJob(t.Context(), "test", o.away), "both", []staff.Role{staff.Agent}); err != nil {
		t.Fatal(err)
	}
	o.boss.Post(page(&boss)+"/roles", url.Values{"had": {"admin"}}).Want(http.StatusConflict).WantText("最后一位管理员")
	o.boss.Post(page(&boss)+"/disable", nil).Want(http.StatusConflict).WantText("不能更改您自己")
	o.boss.Get(page(&boss)).Want(http.StatusOK).WantNo("/disable")
	o.boss.Get(page(both)).Want(http.StatusOK).WantText("不管理的项目").WantNo("/disable", "/password\"")
	for _, verb := range []string{"password", "sessions", "disable", "enable"} {
		o.boss.Post(page(both)+"/"+verb, nil).Want(http.StatusForbidden)
		o.boss.Post(page(far)+"/"+verb, nil).Want(http.StatusNotFound)
	}
	o.boss.Post(page(both)+"/dance", nil).Want(http.StatusNotFound)
	o.boss.Get(page(far)).Want(http.StatusNotFound)
	o.boss.Post(page(far)+"/roles", url.Values{"role": {"agent"}}).Want(http.StatusNotFound)

	o.boss.Post("/staff/join", url.Values{"login": {"nobody"}, "role": {"agent"}}).Want(http.StatusUnprocessableEntity).WantText("没有这个用户名")
	o.boss.Post("/staff/join", url.Values{"login": {"far"}}).Want(http.StatusUnprocessableEntity)
	o.boss.Post("/staff/join", url.Values{"login": {"FAR"}, "role": {"guard"}}).Want(http.StatusSeeOther).WantLocation(page(far) + "?done=roles")
	o.boss.Get(page(far)).Want(http.StatusOK).WantText("员工 far")
	o.boss.Post(page(far)+"/password", nil).Want(http.StatusForbidden)
}

func TestAccessVerbs(t *testing.T) {
	t.Parallel()
	o := open(t)
	li := o.add(o.here, "li", staff.Agent)
	browser := o.boss.Another()
	browser.SignIn("li", password)
	browser.Get("/desk").Want(http.StatusOK)
	o.boss.Post(page(li)+"/sessions", nil).Want(http.StatusSeeOther)
	browser.Get("/desk").Want(http.StatusUnauthorized)
	o.boss.Post(page(li)+"/disable", nil).Want(http.StatusSeeOther).WantLocation(page(li) + "?done=disable")
	o.boss.Get(page(li)).Want(http.StatusOK).WantText("已停用").One("form[action=" + page(li) + "/enable]")
	o.boss.Post(page(li)+"/enable", nil).Want(http.StatusSeeOther)
	browser.SignIn("li", password)
	reset := o.boss.Post(page(li)+"/password", nil).Want(http.StatusOK)
	secret := givenPassword.FindString(webtest.Text(reset.One("code.secret")))
	browser.Get("/desk").Want(http.StatusUnauthorized)
	browser.SignIn("li", secret)
	browser.Get("/desk").Want(http.StatusSeeOther).WantLocation("/account")
}

func TestDevicesPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	action, form := o.boss.Get("/devices").Want(http.StatusOK).Form("section form")
	wrong := o.boss.Post(action, url.Values{"kind": {"fridge"}, "name": {""}, "language": {"tlh"}}).Want(http.StatusUnprocessableEntity)
	for _, field := range []string{"kind", "name", "language"} {
		wrong.One("#f-" + field + "-error")
	}
	form.Set("kind", "wall")
	form.Set("name", "监控室")
	shown := o.boss.Post(action, form).Want(http.StatusOK).WantText("等待输入配对码")
	code := strings.ReplaceAll(webtest.Text(shown.One("code.secret")), " ", "")
	if due := webtest.Attr(shown.One("time[data-due]"), "data-due"); len(code) != 8 || due == "" {
		t.Fatalf("the code %q, till %q", code, due)
	}
	o.boss.Get("/devices").Want(http.StatusOK).WantText("监控室").WantNo(code, code[:4]+" "+code[4:])
	token, d, err := o.svc.Claim(t.Context(), code, netip.MustParseAddr("192.0.2.7"))
	if err != nil {
		t.Fatal(err)
	}
	o.boss.Get("/devices").Want(http.StatusOK).WantText("已连接")
	o.boss.Post(fmt.Sprintf("/devices/%d/revoke", d.ID), nil).Want(http.StatusSeeOther).WantLocation("/devices?done=revoked")
	if _, err := o.svc.Device(t.Context(), token); err == nil {
		t.Error("the screen is still connected")
	}
	_, foreign, err := o.svc.Pair(actor.AsJob(t.Context(), "test", o.away), staff.Pair{Kind: "wall", Name: "别处"})
	if err != nil {
		t.Fatal(err)
	}
	o.boss.Get("/devices").Want(http.StatusOK).WantNo("别处")
	o.boss.Post(fmt.Sprintf("/devices/%d/revoke", foreign.ID), nil).Want(http.StatusNotFound)
}

func TestTeamPagesSpeak(t *testing.T) {
	t.Parallel()
	o := open(t)
	for _, lang := range locale.Languages {
		ctx := locale.With(t.Context(), lang)
		o.boss.Get("/staff?lang="+lang).Want(http.StatusOK).WantText(locale.T(ctx, "team.join.title"), locale.T(ctx, "team.role.admin"))
		o.boss.Get("/devices?lang="+lang).Want(http.StatusOK).WantText(locale.T(ctx, "team.device.pair"), locale.T(ctx, "team.device.kind.kiosk"))
		o.boss.Get("/staff/new?lang=" + lang).Want(http.StatusOK).WantText(locale.T(ctx, "team.new.text"))
	}
}
