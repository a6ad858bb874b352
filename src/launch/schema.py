"""Register the typed configs that Hydra composes with: schema, workloads, launchers and sweeper."""

from functools import cache

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from launch.compose import Composed
from launch.nodes import Settings, launchers
from workloads import options_by_name


@cache  # Hydra executes a plugin's module again where it was imported before
def register(plugins: str) -> None:
    """Store every config once. plugins: the module of the classes that Hydra is to open."""

    def target(name: str) -> dict[str, str]:
        return {"_target_": f"{plugins}.{name}"}

    store = ConfigStore.instance().store
    store(group="hydra/sweeper", name="arms", node=target("Arms"))
    store(group="hydra/launcher", name="cores", node=target("Cores"))
    typed = OmegaConf.structured(Settings)
    for name, path in launchers().items():
        settings = OmegaConf.merge(typed, OmegaConf.load(path), target("Slurm"))
        store(group="hydra/launcher", name=name, node=settings)
    store(name="schema", node=Composed)
    for name, options in options_by_name().items():
        store(group="options", name=name, node=options, package="workload")
