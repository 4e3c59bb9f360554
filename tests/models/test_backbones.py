from __future__ import annotations

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file

from corelate.errors import OptionError, WeightsError
from corelate.models import hub
from corelate.models.backbones import build_backbone, resolve_name


@pytest.mark.parametrize(
    ("name", "timm_name"),
    [
        ("ResNet101", "resnet101"),
        ("ResNeXt50 32x4d", "resnext50_32x4d"),
        ("Xception", "legacy_xception"),
        ("TResNet-M", "tresnet_m"),
        ("mobilenetv2_100", "mobilenetv2_100"),
        ("inception_v3", "inception_v3"),
    ],
)
def test_the_papers_names_are_known(name: str, timm_name: str):
    assert resolve_name(name) == timm_name


def test_an_unknown_name_gets_near_ones():
    with pytest.raises(OptionError, match=r"unknown backbone 'resnet10x'.*near: resnet10t"):
        resolve_name("resnet10x")


@pytest.mark.parametrize("name", ["test_resnet", "test_vit", "test_efficientnet", "test_convnext", "test_vit2"])
def test_every_kind_of_network_gives_a_map(name: str):
    backbone, config, report = build_backbone(name, "none", image_size=(160, 160))
    pixels = torch.randn(2, 3, 160, 160)
    with torch.no_grad():
        feature_map = backbone(pixels)
    assert feature_map.shape[:2] == (2, backbone.num_features)
    assert feature_map.ndim == 4
    assert report.source == "random"
    assert len(config.mean) == len(config.std) == 3


def test_tokens_lie_where_they_come_from():
    backbone, _, _ = build_backbone("test_vit", "none", image_size=(160, 160))
    with torch.no_grad():
        tokens = backbone.network.forward_features(pixels := torch.randn(1, 3, 160, 160))
        feature_map = backbone(pixels)
    prefix = backbone.network.num_prefix_tokens
    side = feature_map.shape[3]
    assert torch.equal(feature_map[0, :, 1, 2], tokens[0, prefix + side + 2])


def test_channels_last_maps_are_turned():
    backbone, _, _ = build_backbone("swin_s3_tiny_224", "none", image_size=(224, 224))
    with torch.no_grad():
        assert backbone(torch.randn(1, 3, 224, 224)).shape == (1, 768, 7, 7)


def test_the_cut_network_is_the_beginning_of_the_whole(tmp_path: Path):
    torch.manual_seed(0)
    whole = timm.create_model("test_resnet", pretrained=False, num_classes=5).eval()
    path = tmp_path / "w.safetensors"
    save_file(whole.state_dict(), path, {"input": "RGB, 64x64, pixel/255"})
    backbone, config, report = build_backbone("test_resnet", str(path), layer="layer3")
    pixels = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        expected = whole.layer3(whole.layer2(whole.layer1(whole.maxpool(whole.act1(whole.bn1(whole.conv1(pixels)))))))
        assert torch.allclose(backbone(pixels), expected, atol=1e-6)
    assert not any("layer4" in name or "fc" in name for name in backbone.state_dict())
    assert not report.missing
    assert any(name.startswith("layer4") for name in report.unexpected), "what lies behind the cut is not used"
    assert config.image_size == (64, 64)
    assert config.mean == (0.0, 0.0, 0.0)
    backbone.train()
    assert backbone(pixels).shape == expected.shape


def test_weights_missing_behind_the_cut_do_not_count(tmp_path: Path):
    tensors = timm.create_model("test_resnet", pretrained=False).state_dict()
    kept = {name: tensor for name, tensor in tensors.items() if not name.startswith("layer4")}
    save_file(kept, tmp_path / "w.safetensors")
    assert build_backbone("test_resnet", str(tmp_path / "w.safetensors"))[2].missing
    assert not build_backbone("test_resnet", str(tmp_path / "w.safetensors"), layer="layer3")[2].missing


def test_an_unknown_layer_lists_the_layers():
    with pytest.raises(OptionError, match=r"no layer 'layer9'; its top layers are .*layer1"):
        build_backbone("test_resnet", "none", layer="layer9")


def test_a_size_that_does_not_fit_is_refused():
    with pytest.raises(OptionError, match="inception_v3' can't take 32×32 pixels"):
        build_backbone("inception_v3", "none", image_size=(32, 32))


def test_without_network_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(hub, "_hub_can_be_found", lambda: False)
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *arguments: None)
    with pytest.raises(WeightsError, match="there is no network; pass a safetensors file with --weights FILE"):
        build_backbone("resnet18")


def test_a_failed_download_says_what_to_do(monkeypatch: pytest.MonkeyPatch):
    def fail(*arguments: object) -> str:
        raise OSError("the line went dead\nand more")

    monkeypatch.setattr(hub, "_hub_can_be_found", lambda: True)
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *arguments: None)
    monkeypatch.setattr(hub, "hf_hub_download", fail)
    with pytest.raises(WeightsError, match=r"can't be downloaded \(the line went dead\); pass a safetensors file"):
        build_backbone("resnet18")


def test_weights_in_the_hubs_cache_need_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    path = tmp_path / "model.safetensors"
    save_file(timm.create_model("test_resnet", pretrained=False).state_dict(), path)
    monkeypatch.setattr(hub, "try_to_load_from_cache", lambda *arguments: str(path))
    _, _, report = build_backbone("test_resnet")
    assert not report.missing
