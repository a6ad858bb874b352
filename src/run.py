"""The command line: python src/run.py -m sweep=fig2. A run and a sweep go through Hydra; --help lists the commands."""

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
except ImportError as error:  # as under the system's Python
    installed.refuse(error)

SWEEPS = str(Path(__file__).resolve().parents[1] / "sweeps")


@hydra.main(version_base="1.3", config_path=SWEEPS, config_name="run")
def main(cfg):
    """One run, in this process; Hydra's own launchers call it for each run of a sweep."""
    from launch import jobs, local

    try:
        return local.here(jobs.single(list(HydraConfig.get().overrides.task)))
    except (
        Refused
    ) as error:  # here, since Hydra would add a line of its own to whatever leaves this function
        leave(str(error))
    except OSError as error:
        leave(disk_error_message(error))
    except ImportError as error:
        installed.refuse(error)


def door() -> None:
    """Exits with 0: done; 1: a run failed; 2: refused, in one line; 130: stopped by Ctrl-C, nothing lost."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra is to raise what it would print over many lines
    # where whatever a launcher starts finds our modules
    here = str(Path(__file__).resolve().parent)
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    # Hydra would load every group of configs to say the same
    if {"-h", "--help"} & set(sys.argv[1:]):
        return print(HELP)
    try:
        # here, for a fast --help; and the plugin, since Hydra would pass over one that it cannot
        # import
        import hydra_plugins.codist  # noqa: F401
        from launch import cli_args, commands, error_messages

        name, *rest = sys.argv[1:] or [""]
        if name in commands.COMMANDS:
            commands.run(name, cli_args.for_command(name, rest))
        elif cli_args.shows_an_arm(asked := cli_args.for_hydra(sys.argv[1:])):
            commands.show_config(asked.overrides)
        else:
            main()
    except ImportError as error:
        installed.refuse(error)
    except Refused as error:
        leave(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        leave(error_messages.hydra_error(error, commands.COMMANDS))
    except ValueError as error:
        # Hydra's, of flags that do not go together; nothing else tells it from others
        if "--" not in str(error):
            raise
        leave(str(error).splitlines()[0])
    except MarkedYAMLError as error:
        leave(error_messages.yaml_error(error))
    except KeyboardInterrupt:  # before anything was trained, or a second time
        sys.exit(130)
    except BrokenPipeError:  # `plan ... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        leave(disk_error_message(error))


def leave(line: str) -> NoReturn:
    print(f"run.py: {line}", file=sys.stderr)
    sys.exit(2)


if __name__ == "__main__":
    door()
