//go:build unix

package exec

import (
	"context"
	"os/exec"
	"syscall"
)

// shell returns a command for the shell, in its own process group: an interrupt from the terminal reaches only us,
// and the command can be ended with everything that it has started.
func shell(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// terminate asks a process and its children to end.
func terminate(cmd *exec.Cmd) { signal(cmd, syscall.SIGTERM) }

// kill ends the remaining processes of a group.
func kill(cmd *exec.Cmd) { signal(cmd, syscall.SIGKILL) }

// signal sends a signal to the group. The only possible error is that the group is empty. While it is not, the
// system does not reuse its number; afterwards, a new group could have it only in the instant between.
func signal(cmd *exec.Cmd, sig syscall.Signal) { _ = syscall.Kill(-cmd.Process.Pid, sig) }

func sameVariable(a, b string) bool { return a == b }
