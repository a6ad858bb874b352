"""The door: python src/run.py -m sweep=fig2. Hydra in, Runs out; --help says what can be done."""

import os
import sys
from pathlib import Path

from launch import installed

try:
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException
    from yaml import MarkedYAMLError

    from codist.errors import Refused
    from launch import refusals, words
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
    except Refused as error:  # here, since Hydra would add a line of its own to whatever leaves this function
        refusals.leave(str(error))
    except OSError as error:
        refusals.leave(refusals.of_the_disk(error))
    except ImportError as error:
        installed.refuse(error)


def door() -> None:
    """Exits with 0: done; 1: a run failed; 2: refused, in one line; 130: stopped by Ctrl-C, nothing lost."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra is to raise what it would print over many lines
    here = str(Path(__file__).resolve().parent)  # where whatever a launcher starts finds our modules
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    if {"-h", "--help"} & set(sys.argv[1:]):  # Hydra would load every group of configs to say the same
        return print(HELP)
    try:
        import hydra_plugins.codist  # noqa: F401  Hydra would pass over a plugin that it cannot import

        sys.argv[1:] = words.for_hydra(sys.argv[1:])
        main()
    except ImportError as error:
        installed.refuse(error)
    except Refused as error:
        refusals.leave(str(error))
    except (HydraException, OmegaConfBaseException) as error:
        refusals.leave(refusals.in_one_line(error))
    except ValueError as error:
        if "--" not in str(error):  # Hydra's, of flags that do not go together
            raise
        refusals.leave(str(error).splitlines()[0])
    except MarkedYAMLError as error:
        refusals.leave(refusals.of_yaml(error))
    except KeyboardInterrupt:  # before anything was trained, or a second time
        sys.exit(130)
    except BrokenPipeError:  # `plan ... | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        refusals.leave(refusals.of_the_disk(error))


if __name__ == "__main__":
    door()
