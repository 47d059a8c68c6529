package place_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"lobby/app/kit/actor"
	"lobby/app/kit/web/webtest"
	"lobby/app/place/sheet"
	"lobby/app/site"
	"lobby/app/staff"
)

// send posts a file as the page does.
func send(c *webtest.Client, t *testing.T, data []byte) *webtest.Page {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreateFormFile("file", "places")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := c.Request(http.MethodPost, "/places/import", &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return c.Do(r)
}

func TestSpreadsheetOnAPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	t.Run("RESIDENT-3 a file is looked at first, and loaded at the second press", func(t *testing.T) {
		text, err := simplifiedchinese.GBK.NewEncoder().String("区域,责任人,楼栋,房号,业主\n3,吴静,,,\n3,,7,201,张三\n")
		if err != nil {
			t.Fatal(err)
		}
		page := send(o.admin, t, []byte(text)).Want(http.StatusOK)
		page.WantText("会有 2 处变化", "没有读取的列：业主", "新增：区域3")
		page.WantNo("张三")
		if got := o.text(`select count(*)::text from zones`); got != "2" {
			t.Fatal("a dry run wrote something")
		}
		load := form(page, "/places/import/load")
		refused := o.admin.Post("/places/import/load", load).Want(http.StatusConflict) // zone 1 declares one household more
		refused.WantText("勾选", "区域1：申报4户")
		load = form(refused, "/places/import/load")
		load.Set("accept", "1")
		o.admin.Post("/places/import/load", load).WantLocation("/places?done=imported")
		o.admin.Get("/places?done=imported").WantText("已导入", "7#")
		o.admin.Post("/places/import/load", load).Want(http.StatusConflict).WantText("已经导入过")
	})
	t.Run("RESIDENT-3 bad rows are named, and there is nothing to press", func(t *testing.T) {
		page := send(o.admin, t, []byte("区域,楼栋,房号\n1,18,2026-01-02\n8,9,101\n")).Want(http.StatusUnprocessableEntity)
		page.WantText("第2行", "第3行", "2 行不能导入")
		if len(page.All(`form[action="/places/import/load"]`)) != 0 {
			t.Error("it can be loaded all the same")
		}
	})
	t.Run("what is no spreadsheet is said at the field", func(t *testing.T) {
		for text, says := range map[string]string{"": "请选择一个文件", "PK\x03\x04 no": "损坏", "\xD0\xCF\x11\xE0": "旧格式", "住户\n": "不能导入"} {
			send(o.admin, t, []byte(text)).Want(http.StatusUnprocessableEntity).WantText(says)
		}
		send(o.admin, t, make([]byte, sheet.MaxUpload)).Want(http.StatusUnprocessableEntity)
	})
	t.Run("the template, and the places as they stand, come as files", func(t *testing.T) {
		for _, path := range []string{"/places/template.xlsx", "/places/template.csv", "/places/export.xlsx", "/places/export.csv"} {
			file := o.admin.Get(path).Want(http.StatusOK)
			if got := file.Header.Get("Content-Disposition"); got == "" {
				t.Errorf("%s is shown, not kept", path)
			}
		}
		out, err := o.svc.Import(actor.AsJob(t.Context(), "test", o.site), site.Import{Data: []byte(o.admin.Get("/places/export.csv").Body), DryRun: true, AcceptDifferences: true})
		if err != nil || len(out.Changes)+len(out.Left) != 0 {
			t.Errorf("%+v %v", out, err)
		}
	})
	t.Run("a draft of nobody", func(t *testing.T) {
		o.admin.Post("/places/import/load", url.Values{"draft": {"x"}}).Want(http.StatusConflict)
		o.agent.Post("/places/import/load", url.Values{"draft": {"1"}}).Want(http.StatusForbidden)
	})
}

func TestGradesPage(t *testing.T) {
	t.Parallel()
	o := open(t)
	const path = "/settings/grades"
	first := form(o.admin.Get(path).Want(http.StatusOK).WantText("投诉", "9 级", "现在没有人可以", "现有 3 人"), path)
	second := form(o.admin.Get(path), path)
	t.Run("ORG-4 the tables are changed, and who changed them second is told", func(t *testing.T) {
		first.Set("complexity.repair.major", "3")
		o.admin.Post(path, first).WantLocation(path + "?done=saved")
		second.Set("reach.other.minor", "3")
		page := o.admin.Post(path, second).Want(http.StatusConflict).WantText("有人改过这里")
		if got := form(page, path); got.Get("reach.other.minor") != "3" {
			t.Error("what was chosen is lost")
		}
		if got := o.text(`select string_agg(kind || severity || complexity * reach, ' ') from grade_cases`); got != "repairmajor6" {
			t.Error(got)
		}
	})
	t.Run("ORG-4 a grade that asks for less than the one below is refused at its field", func(t *testing.T) {
		bad := form(o.admin.Get(path), path)
		bad.Set("role.6", string(staff.Agent))
		page := o.admin.Post(path, bad).Want(http.StatusUnprocessableEntity).WantText("不能比 4 级低")
		if got := form(page, path).Get("role.6"); got != "agent" {
			t.Errorf("what was chosen is lost: %s", got)
		}
		bad.Set("seniority.1", strconv.Itoa(9))
		o.admin.Post(path, bad).Want(http.StatusUnprocessableEntity)
	})
}
