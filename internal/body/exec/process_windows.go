package exec

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
)

// shell returns a command for the shell, in its own process group. The command line is built by hand, because cmd
// parses it differently from other programs.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{
		CmdLine:       `cmd /s /c "` + command + `"`,
		CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP,
	}
	return cmd
}

// terminate ends a process: Windows has no request to terminate that every program understands.
func terminate(cmd *exec.Cmd) { kill(cmd) }

// kill ends a process. The only possible error is that it has ended already.
func kill(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// sameVariable compares the names of variables, ignoring case.
func sameVariable(a, b string) bool { return strings.EqualFold(a, b) }
