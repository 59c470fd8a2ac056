# Install voxmend for this user on Windows; run again, it repairs or upgrades.
#
#   powershell -ExecutionPolicy Bypass -File installers\install.ps1 [--yes] [--no-models]
#       [--no-reaper] [--no-autostart] [--device cpu|cuda|directml] [--offline DIR]
#   powershell -ExecutionPolicy Bypass -File installers\install.ps1 uninstall [--yes] [--keep-data]
#
# No administrator's rights. Everything lands in one folder (VOXMEND_PROGRAM names another) and in
# one small command in the user's own WindowsApps folder; docs/install.md says what is where. This
# script brings uv and a Python and leaves the rest to voxmend.installation.
# Exit codes: 0 done, 2 an option, 4 this machine.
$ErrorActionPreference = 'Stop'

function Stop-WithReason([string] $Reason) {
    [Console]::Error.WriteLine("voxmend: $Reason")
    exit 4
}

# The folder with its parents; those that were not there go into the manifest, first.
function New-Folder([string] $Folder) {
    $missing = @()
    $place = $Folder
    while ($place -and -not (Test-Path -LiteralPath $place)) {
        $missing = @("dir`t$place") + $missing
        $place = Split-Path -Parent $place
    }
    New-Item -ItemType Directory -Force -Path $Folder | Out-Null
    if ($missing.Count -gt 0) {
        $text = ($missing -join "`n") + "`n"
        [IO.File]::AppendAllText((Join-Path $Folder 'manifest'), $text)
    }
}

# An installed one of these first; where there is none, uv brings the second.
$pythons = '>=3.11,<3.14'
$broughtPython = '3.13'

# 0.9.17 is the oldest uv that knows the span in [tool.uv]; an older one would leave all of that
# table out with a warning.
function Test-Uv([string] $Program) {
    if (-not $Program -or -not (Test-Path -LiteralPath $Program)) { return $false }
    $said = & $Program --version 2>$null
    if ($said -notmatch '^uv (\d+\.\d+\.\d+)') { return $false }
    return [version] $Matches[1] -ge [version] '0.9.17'
}

function Find-Uv([string] $Bundled, [string] $Own) {
    $onPath = Get-Command uv -ErrorAction SilentlyContinue
    $candidates = @($Bundled)
    if ($onPath) { $candidates += $onPath.Source }
    $candidates += (Join-Path $Own 'bin\uv.exe')
    foreach ($candidate in $candidates) {
        if (Test-Uv $candidate) { return $candidate }
    }
    if ($Bundled) { Stop-WithReason 'The uv in the folder does not run here. Make the folder anew.' }
    [Console]::Error.WriteLine('voxmend: fetching uv (about 25 MB) from its makers ...')
    # uv's own installer, told to touch nothing but one folder.
    $env:UV_UNMANAGED_INSTALL = Join-Path $Own 'bin'
    try {
        Invoke-Expression (Invoke-RestMethod https://astral.sh/uv/install.ps1) | Out-Null
    }
    catch {
        Stop-WithReason 'uv could not be fetched. Check the network and run the same command again.'
    }
    $found = Join-Path $Own 'bin\uv.exe'
    if (-not (Test-Uv $found)) { Stop-WithReason "uv was fetched and does not run here: $found" }
    return $found
}

$words = @($args)
$bundle = ''
for ($at = 0; $at -lt $words.Count; $at++) {
    if ($words[$at] -eq '--offline' -and $at + 1 -lt $words.Count) { $bundle = $words[$at + 1] }
    if ($words[$at] -like '--offline=*') { $bundle = $words[$at].Substring(10) }
}
if (-not $bundle -and (Test-Path -LiteralPath (Join-Path $PSScriptRoot 'bundle.json'))) {
    $bundle = $PSScriptRoot
    $words += @('--offline', $bundle)
}

# A prepared folder is opened by its own installer, which knows what its packages are called: this
# one may be of another version.
if ($bundle -and (Test-Path -LiteralPath (Join-Path $bundle 'install.ps1'))) {
    $bundle = (Resolve-Path -LiteralPath $bundle).Path.TrimEnd('\')
    if ($bundle -ne $PSScriptRoot) {
        & (Join-Path $bundle 'install.ps1') @words
        exit $LASTEXITCODE
    }
}

# The same folder as in worker/voxmend/installation/program.py.
$root = $env:VOXMEND_PROGRAM
if (-not $root) { $root = Join-Path $env:LOCALAPPDATA 'voxmend-program' }
if ($words -contains 'uninstall' -and -not (Test-Path -LiteralPath (Join-Path $root 'manifest'))) {
    Stop-WithReason "There is no installation in $root. A checkout is removed by deleting its folder."
}
if (-not $env:UV_CACHE_DIR) { $env:UV_CACHE_DIR = Join-Path $root 'cache' }
if (-not $env:UV_PYTHON_PREFERENCE) { $env:UV_PYTHON_PREFERENCE = 'system' }
$bundledUv = ''
if ($bundle) {
    if (-not (Test-Path -LiteralPath $bundle)) {
        Stop-WithReason 'The folder after --offline is not there. On a machine with a network: voxmend bundle FOLDER'
    }
    $bundle = (Resolve-Path -LiteralPath $bundle).Path
    $source = $bundle
    $wheel = Get-ChildItem -LiteralPath (Join-Path $bundle 'wheels') -Filter 'voxmend-*.whl'
    $code = @($wheel)[0].FullName
    $bundledUv = Join-Path $bundle 'uv.exe'
    # Its packages are for one Python.
    $facts = Get-Content -Raw -LiteralPath (Join-Path $bundle 'bundle.json') | ConvertFrom-Json
    $pythons = $facts.python
    if (-not $pythons) { Stop-WithReason "$bundle\bundle.json cannot be read. Make the folder anew." }
    $env:UV_OFFLINE = '1'
    $env:UV_PYTHON_DOWNLOADS = 'never'
    $python = Join-Path $bundle 'python'
    if (Test-Path -LiteralPath $python) { $env:UV_PYTHON_INSTALL_DIR = $python }
}
else {
    $source = Split-Path -Parent $PSScriptRoot
    $code = (Join-Path $source 'worker') + ';' + (Join-Path $source 'protocol')
}
if (-not $env:UV_PYTHON_INSTALL_DIR) { $env:UV_PYTHON_INSTALL_DIR = Join-Path $root 'python' }

New-Folder $root
$uv = Find-Uv $bundledUv (Join-Path $root 'uv')
$python = & $uv python find --no-project --system $pythons 2>$null
if ($LASTEXITCODE -ne 0 -or -not $python) {
    if ($bundle) { Stop-WithReason "Python $pythons is missing, and the folder has none. Install Python $pythons first." }
    [Console]::Error.WriteLine("voxmend: fetching Python $broughtPython (about 30 MB) ...")
    & $uv python install --no-bin $broughtPython
    $python = & $uv python find --no-project --system $pythons 2>$null
    if ($LASTEXITCODE -ne 0 -or -not $python) {
        Stop-WithReason 'No Python from 3.11 to 3.13 is installed, and none could be fetched. Install one of them, then run this again.'
    }
}

# Nothing is compiled into the sources, and nothing of the user's own Python takes part.
$env:PYTHONPATH = $code
$env:PYTHONDONTWRITEBYTECODE = '1'
$env:PYTHONNOUSERSITE = '1'
$env:PYTHONUTF8 = '1'
$env:VOXMEND_PROGRAM = $root
& $python -m voxmend.installation @words --source $source --uv $uv
exit $LASTEXITCODE
