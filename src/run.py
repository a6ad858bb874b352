"""The command line: python src/run.py -m sweep=fig2. Hydra starts runs and sweeps; see --help."""

import os
import sys
from pathlib import Path
from typing import NoReturn

from launch import installed

try:
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import MarkedYAMLError

    from codist.disk_errors import disk_error_message
    from codist.errors import Refused
    from launch.manual import HELP
except ImportError as error:  # for example under the system's Python
    installed.refuse(error)

SWEEPS = str(Path(__file__).resolve().parents[1] / "sweeps")


@hydra.main(version_base="1.3", config_path=SWEEPS, config_name="run")
def main(cfg):
    """Train one run in this process, which Hydra composed: by hydra.*, or by its own launchers."""
    from launch import jobs, local

    try:
        return local.here(jobs.single(list(HydraConfig.get().overrides.task)))
    except Refused as error:
        # caught here: Hydra adds a line of its own to any error that leaves this function
        leave(str(error))
    except OSError as error:
        leave(disk_error_message(error))
    except ImportError as error:
        installed.refuse(error)


def door() -> None:
    """Run the command line. Exit code 0: done; 1: a run failed; 2: refused; 130: Ctrl-C.

    A mistake prints one line. After Ctrl-C the same command resumes.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra raises errors instead of printing many lines
    # processes started by a launcher find our modules here
    here = str(Path(__file__).resolve().parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    # without Hydra, which would load every config group first
    if {"-h", "--help"} & set(sys.argv[1:]):
        return print(HELP)
    try:
        # imported here to keep --help fast; the plugin is imported because Hydra silently skips
        # a plugin that it cannot import
        import hydra_plugins.codist  # noqa: F401
        from launch import cli_args, commands, error_messages

        name, *rest = sys.argv[1:] or [""]
        if name in commands.COMMANDS:
            commands.run(name, cli_args.for_command(name, rest))
        elif cli_args.shows_an_arm(asked := cli_args.for_hydra(sys.argv[1:])):
            commands.show_config(asked.overrides)
        elif cli_args.is_plain_run(asked):
            commands.train(asked.overrides)
        else:
            main()
    except ImportError as error:
        installed.refuse(error)
    except Refused as error:
        leave(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        leave(error_messages.hydra_error(error, commands.COMMANDS))
    except MarkedYAMLError as error:
        leave(error_messages.yaml_error(error))
    except KeyboardInterrupt:  # before training began, or a second Ctrl-C
        sys.exit(130)
    except BrokenPipeError:  # `plan ... | head` closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        leave(disk_error_message(error))


def leave(line: str) -> NoReturn:
    print(f"run.py: {line}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    door()
