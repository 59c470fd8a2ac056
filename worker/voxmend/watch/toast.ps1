# A Windows toast. Called by notify.py as: powershell -File toast.ps1 TITLE TEXT
param([string]$Title, [string]$Text)
$ErrorActionPreference = 'Stop'
[void][Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$kind = [Windows.UI.Notifications.ToastTemplateType]::ToastText02
$toast = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent($kind)
$lines = $toast.GetElementsByTagName('text')
# As text nodes: what is in a file's name is never read as markup.
[void]$lines.Item(0).AppendChild($toast.CreateTextNode($Title))
[void]$lines.Item(1).AppendChild($toast.CreateTextNode($Text))
# A toast needs an application that Windows knows; PowerShell is one on every machine.
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
$notifier = [Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app)
$notifier.Show([Windows.UI.Notifications.ToastNotification]::new($toast))
