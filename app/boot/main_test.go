package boot_test

import (
	"os"
	"testing"

	"lobby/app/boot/boottest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	boottest.Cleanup()
	os.Exit(code)
}
