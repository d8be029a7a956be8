"""Configuration files: what is wrong in one is said in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.training.config import ConfigError, config_text, packaged_configs, read_config

LEAST = """
[model]
architecture = "spine"
[contract]
channels = [{ level = 400, width = 1800 }]
"""


@pytest.mark.parametrize("name", ["baseline", "baseline-phantom", "spine", "spine-phantom"])
def test_packaged_configurations_can_be_read(name: str) -> None:
    config = read_config(name)
    assert config.model.architecture == name.partition("-")[0]
    assert config.input_contract().size_px == 384
    assert sum(stage.share for stage in config.slices.stages) == pytest.approx(1)


def test_no_other_configuration_is_packaged() -> None:
    assert sorted(packaged_configs()) == ["baseline", "baseline-phantom", "spine", "spine-phantom"]


def test_a_written_configuration_is_read_back_whole(tmp_path: Path) -> None:
    config = read_config("spine")
    path = tmp_path / "a.toml"
    path.write_text(config_text(config), encoding="utf-8")
    assert read_config(str(path)) == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LEAST + "[slices]\nlearning_rat = 1e-3\n", "slices.learning_rat: Extra inputs"),
        (LEAST + "[training]\n", "training: Extra inputs"),
        (LEAST + "[slices]\nsteps = 0\n", "slices.steps: Input should be greater than 0"),
        (LEAST + "[prepared]\nrule = 'most'\n", "prepared.rule: Input should be"),
        (LEAST.replace("spine", "resnet"), "model.architecture: Input should be 'baseline'"),
        (LEAST.replace("[{ level = 400, width = 1800 }]", "[]"), "contract.channels: "),
        ("[model", "not TOML"),
        ("", "model: Field required"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_config(str(path))
    assert message in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_configuration_names_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="neither one of baseline, baseline-phantom, spine"):
        read_config(str(tmp_path / "none.toml"))


def test_a_binary_file_is_no_configuration(tmp_path: Path) -> None:
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file"):
        read_config(str(path))
