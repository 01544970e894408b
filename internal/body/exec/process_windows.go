package exec

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
)

// shell is a command for the shell, in a process group of its own. The command line is made by hand, since cmd does not
// read it as other programs do.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CmdLine:       `cmd /s /c "` + command + `"`,
		CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP,
	}
	return cmd
}

// terminate ends a process: there is no asking that every program understands.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill ends a process. The only error is that it has ended already.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// sameVariable compares the names of variables, in which capitals do not count here.
func sameVariable(a, b string) bool { return strings.EqualFold(a, b) }
